"""What citizens and tools get while a store is away, and after it came back."""
