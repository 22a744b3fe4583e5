"""Reports: model cards' figures, results pages, what an installation can do."""
