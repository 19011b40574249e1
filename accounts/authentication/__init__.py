"""All that stands between a typed password and yes: attempts, the lockout, the password check."""
