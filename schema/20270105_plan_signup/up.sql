-- Until now the flag was told and not looked at: nobody's clients are refused by what it happened to say.
UPDATE plan SET signup = TRUE;
