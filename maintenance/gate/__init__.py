"""What is answered while the portal is closed or a part of it is away, and what open pages say about it."""
