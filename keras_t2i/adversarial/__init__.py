"""The one adversarial trainer and the objects that make up a system."""
