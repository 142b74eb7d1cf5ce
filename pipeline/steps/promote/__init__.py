"""Promote: the challenger becomes champion, or is refused with reasons."""
