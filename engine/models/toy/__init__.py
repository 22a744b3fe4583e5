"""The linear toy, whose answers have a closed form."""
