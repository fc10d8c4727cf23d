"""The working-day lists by year as they were imported, each import a further version; deadlines that moved with them."""
