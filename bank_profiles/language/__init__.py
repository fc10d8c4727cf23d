"""What a profile's YAML may say: the model, its text, its shape."""
