-- where a hospital writes the drugs of its orders
select
    'medications' as table_name,
    'drug_name' as column_name
