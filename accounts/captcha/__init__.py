"""The captcha: a picture with a secret seed, its answer good for one POST from one browser."""
