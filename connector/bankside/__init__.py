"""The other side: a bank that answers inquiries, alone or many of them simulated, honest or misbehaving on request."""
