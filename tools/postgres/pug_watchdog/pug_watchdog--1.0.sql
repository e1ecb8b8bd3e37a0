-- SPDX-License-Identifier: GPL-2.0
\echo Use "CREATE EXTENSION pug_watchdog" to load this file. \quit

CREATE FUNCTION pug_watchdog_status(
	OUT state text,
	OUT reason text,
	OUT pid integer,
	OUT level integer,
	OUT proved integer,
	OUT watchdog_ms bigint,
	OUT notifications bigint,
	OUT last_notification timestamptz,
	OUT changed timestamptz,
	OUT probes bigint,
	OUT failures bigint,
	OUT level1_ms double precision,
	OUT level2_ms double precision,
	OUT level3_ms double precision)
AS 'MODULE_PATHNAME', 'pug_watchdog_status'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

CREATE VIEW pug_watchdog_status AS SELECT * FROM pug_watchdog_status();

-- The reason can be a server's error text: for those who may see statistics
REVOKE ALL ON FUNCTION pug_watchdog_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pug_watchdog_status() TO pg_monitor;
GRANT SELECT ON pug_watchdog_status TO pg_monitor;
