"""Live and online processing."""
