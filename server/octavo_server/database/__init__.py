"""The storage seam: rows in transactions, on SQLite, PostgreSQL or in memory."""
