"""What happens while a stage trains."""
