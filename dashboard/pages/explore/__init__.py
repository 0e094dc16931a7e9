"""One pair, one network, 17 panels."""
