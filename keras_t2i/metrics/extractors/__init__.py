"""Networks whose features pictures are compared by; each is given by a path."""
