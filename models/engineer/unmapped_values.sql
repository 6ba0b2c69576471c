-- for the data engineer: every text that no vocabulary knows, under the source's own table and column. The 200 most frequent of
-- a column come with the likest term of its vocabulary, if one is at all like it: a hint of what to add, never a match.
with texts as (
    select * from {{ ref('conformed_unmapped') }}
),

terms as (
    select * from {{ ref('vocabulary_terms') }}
),

drugs as (
    select * from {{ ref('unmapped_drugs') }}
),

drug_column as (
    select * from {{ ref('conformed_drug_column') }}
),

frequent as (
    select
        table_name,
        column_name,
        domain,
        raw_value,
        {{ plain_text('raw_value') }} as plain
    from texts
    qualify row_number() over (
        partition by table_name, column_name
        order by rows desc nulls last, raw_value nulls last, domain nulls last
    ) <= 200
),

likest as (
    select
        frequent.table_name,
        frequent.column_name,
        frequent.domain,
        frequent.raw_value,
        terms.term as nearest
    from frequent
    inner join terms
        on frequent.domain = terms.domain
        and {{ edit_similarity('frequent.plain', 'terms.term') }} >= 0.5
    qualify row_number() over (
        partition by frequent.table_name, frequent.column_name, frequent.domain, frequent.raw_value
        order by {{ edit_similarity('frequent.plain', 'terms.term') }} desc nulls last, terms.term nulls last
    ) = 1
),

values_of_both as (
    select
        texts.table_name,
        texts.column_name,
        texts.domain,
        texts.raw_value,
        texts.rows,
        likest.nearest
    from texts
    left join likest
        on texts.table_name = likest.table_name
        and texts.column_name = likest.column_name
        and texts.domain = likest.domain
        and texts.raw_value = likest.raw_value

    union all

    select
        drug_column.table_name,
        drug_column.column_name,
        'drug' as domain,
        drugs.drug_text || case when drugs.drug_code <> '' then ' [' || drugs.drug_code || ']' else '' end as raw_value,
        drugs.rows,
        drugs.nearest
    from drugs
    cross join drug_column
)

select
    table_name,
    column_name,
    domain,
    raw_value,
    cast(sum(rows) as bigint) as rows,
    min(nearest) as nearest
from values_of_both
group by table_name, column_name, domain, raw_value
