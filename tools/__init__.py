"""Small programs that build and check this repository; none of them is part of what is shipped."""
