-- no calendar, no day after which events don't exist: every patient is followed to a day of its own
select cast(null as date) as data_cut_off
