"""Work that takes long, done in the background in an order that serves people."""
