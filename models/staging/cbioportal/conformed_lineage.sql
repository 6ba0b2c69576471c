{{ config(materialized='view') }}
-- where every delivered row stands, what became of it, and whose it is
{{ rows_traced('cbioportal', study_tables()) }}
