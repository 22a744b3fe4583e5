"""Commands: a file a menu, each command next to what it does and when it is enabled."""
