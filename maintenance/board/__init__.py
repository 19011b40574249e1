"""What is published about the portal, and how each web process comes to know it."""
