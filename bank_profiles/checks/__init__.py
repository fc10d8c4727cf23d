"""The second look at a profile: do its words fit together?"""
