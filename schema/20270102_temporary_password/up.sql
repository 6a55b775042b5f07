-- The password was made up for the user by who resets it: he chooses one of his own before anything else.
ALTER TABLE users ADD COLUMN passwd_temporary BOOLEAN NOT NULL DEFAULT FALSE;
