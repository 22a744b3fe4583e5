"""Open Sound Control: the messages in which trackers and bodies are sent."""
