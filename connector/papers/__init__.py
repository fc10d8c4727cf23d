"""What is printed and signed by hand: the slip of a medium and the certificate of its destruction, as PDF."""
