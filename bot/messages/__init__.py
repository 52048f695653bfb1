"""What is said, in neutral form, and the renderer of its words."""
