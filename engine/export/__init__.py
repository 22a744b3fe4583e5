"""Pictures, videos and tables from results."""
