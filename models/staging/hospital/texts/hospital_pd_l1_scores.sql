-- the share of stained tumour cells that a PD-L1 result gives, with its bounds; one percent sign is enough for two ends
{%- set number = '[0-9]+(?:[.][0-9]+)?' %}
{%- set joint = '(?:[ ,&~-]|且|和|并|and)*' %}
{%- set share = [
    '[<>]=? *' ~ number ~ ' *%' ~ joint ~ '[<>]=? *' ~ number ~ ' *%?',
    '[<>]=? *' ~ number ~ joint ~ '[<>]=? *' ~ number ~ ' *%',
    '(?:>=? *)?' ~ number ~ ' *%? *(?:[-~至到]|to) *(?:<=? *)?' ~ number ~ ' *%',
    '(?:[<>]=? *)?' ~ number ~ ' *%',
] | join('|') %}
{%- set share_without_sign = '(' ~ share | replace(' *%', ' *%?') ~ ')(?:[^0-9.+%个]|$)' %}
{%- set range_alone = '^§ *(' ~ number ~ ' *[-~] *' ~ number ~ ') *$' %}
{%- set label = 'tps [^0-9<>,;。○¬不无未]{0,20}' %}
with statements as (
    select * from {{ ref('hospital_biomarker_statements') }}
    where marker = 'pd_l1'
),

-- a share named as TPS or TC comes first, then any percentage, then 0-1 alone; 60 alone may be a CPS
found as (
    select
        *,
        {{ regex_extract('own_text', label ~ '(' ~ share ~ ')', 1) }} as labelled_percentage,
        {{ regex_extract('own_text', label ~ share_without_sign, 1) }} as labelled_number,
        {{ regex_extract('own_text', share) }} as percentage,
        {{ regex_extract('own_text', range_alone, 1) }} as bare_range
    from statements
),

chosen as (
    select
        *,
        coalesce(labelled_percentage, labelled_number) is not null as is_labelled,
        coalesce(labelled_percentage, labelled_number, percentage, bare_range) as written
    from found
),

taken_apart as (
    select
        *,
        coalesce({{ regex_extract('written', '^[<>]=?') }}, '') as first_sign,
        coalesce({{ regex_extract('written', '[0-9][^<>]*([<>]=?)', 1) }}, '') as second_sign,
        try_cast({{ regex_extract('written', number) }} as double) as first_number,
        try_cast({{ regex_extract('written', '^[^0-9]*' ~ number ~ '[^0-9.]+(' ~ number ~ ')', 1) }} as double) as second_number
    from chosen
    where written is not null
),

bounded as (
    select
        *,
        greatest(first_number, coalesce(second_number, 0)) as highest_number,
        case when first_sign in ('<', '<=') then coalesce(second_number, 0) else first_number end as score_low,
        case when first_sign in ('<', '<=') then second_sign = '>' else first_sign = '>' end as score_low_open,
        case
            when first_sign in ('<', '<=') then first_number
            when first_sign in ('>', '>=') then coalesce(second_number, 100)
            else coalesce(second_number, first_number)
        end as score_high,
        case when first_sign in ('<', '<=') then first_sign = '<' else second_sign = '<' end as score_high_open
    from taken_apart
)

select
    test_name,
    method,
    result_text,
    is_labelled,
    case when score_low = score_high then score_low end as score,
    score_low,
    score_low_open,
    score_high,
    score_high_open,
    highest_number > 100 or (score_low = 100 and score_low_open) as is_impossible
from bounded
-- bounds that exclude each other are no score
where score_low <= score_high or highest_number > 100
