"""Banks that call us with their answers: the receiver behind ``connector serve``. What it takes lands where collect looks; nothing is opened."""
