"""How Octavo looks: pictures of its pages and panels."""
