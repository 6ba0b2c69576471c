-- what a histology text means: small cell or not (rule 2), and its class
with diagnoses as (
    select * from {{ source('hospital', 'diagnoses') }}
),

terms as (
    select
        {{ plain_text('term') }} as term,
        histology_class,
        specificity
    from {{ ref('histology_terms') }}
),

written as (
    select distinct
        histology_text,
        {{ plain_text('histology_text') }} as plain
    from diagnoses
),

-- "small cell" says nothing where "non-small cell" or a denial contains it; what is left of it then names small cell, also
-- beside a non-small-cell histology ("combined small cell")
without_opposites as (
    select
        *,
        {{ rewrite('plain', [
            ['non[- ]*small[- ]*cell|nsclc|non[- ]*sclc|非[- ]*(?:小细胞|sclc)', ' '],
            ['(?:^|[^a-z])(?:no|not|without|no evidence of|negative for)(?: an?)? small[- ]*cell', ' '],
            ['(^|[^不能全])(?:未见|未查见|未发现|无|排除|除外|不是)(?:明确|明显)? ?小细胞', '{1} '],
        ]) }} as affirmed
    from written
),

classified as (
    select
        *,
        {{ matches('affirmed', 'small[- ]*cell|oat[- ]cell|小细胞|燕麦细胞|(?:^|[^a-z])sclc(?:[^a-z]|$)|(?:^|[^0-9])804[1-5](?:[^0-9]|$)') }} as is_small_cell
    from without_opposites
),

-- the more specific class of a text that names several
ranked as (
    select
        classified.histology_text,
        classified.is_small_cell,
        terms.term,
        -- a text that is known to say nothing of the histology
        nullif(terms.histology_class, 'none') as histology_class,
        row_number() over (
            partition by classified.histology_text
            order by
                case when terms.histology_class = 'none' then 1 else 0 end,
                cast(terms.specificity as integer) nulls last,
                length(terms.term) desc nulls last,
                terms.term nulls last
        ) as place
    from classified
    left join terms
        on {{ names_term('classified.plain', 'terms.term') }}
)

select
    histology_text,
    is_small_cell,
    case when is_small_cell then 'small_cell' else histology_class end as histology_class,
    is_small_cell or term is not null or {{ blank_to_null('histology_text') }} is null as is_known
from ranked
where place = 1
