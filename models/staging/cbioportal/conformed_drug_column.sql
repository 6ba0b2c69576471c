-- where a study folder writes the drugs of its orders
select
    'timeline_treatment' as table_name,
    'agent' as column_name
