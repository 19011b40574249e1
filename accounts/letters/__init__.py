"""The e-mails the portal sends: written down, made, sent, and the links in them."""
