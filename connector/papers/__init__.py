"""What is printed and signed by hand, as PDF: the slip of a medium, the certificate of its destruction, the conformance certificate."""
