"""Sign-in with an identity provider: names, groups, and both kept true while signed in."""
