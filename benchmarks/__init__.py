"""Timings, each beside an anchor measured in the same run: `make bench`."""
