"""One folder a task: everything of it."""
