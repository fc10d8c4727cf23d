"""The web drop-box: a bank's staff fetch sealed inquiries, try and bring their answers, and learn at once what is wrong with them."""
