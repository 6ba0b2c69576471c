{{ config(materialized='view') }}
-- where every delivered row stands, what became of it, and the surviving patient that it belongs to
{{ rows_traced('hospital', hospital_tables()) }}
