"""The sessions of an account: the store, the limit of three, how they end."""
