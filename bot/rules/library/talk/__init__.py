"""What people said to each other, read by the words they use, never by guess."""
