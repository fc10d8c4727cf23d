"""One page for every stable code: what it means, why it matters, what to do, an example; in English and in Chinese."""
