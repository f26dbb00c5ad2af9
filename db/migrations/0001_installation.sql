-- The installation's own unread period: 40 hours on working days, as KS SvarUt has it since 22.03.2016.
INSERT INTO "installation" ("id", "unread_period") VALUES (1, '{"amount": 40, "unit": "workingHours"}');
