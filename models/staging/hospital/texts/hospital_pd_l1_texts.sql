-- the result of a PD-L1 test (rule 10): a number of tumour cells decides, then words; what speaks of CPS or IC only doesn't count
with statements as (
    select * from {{ ref('hospital_biomarker_statements') }}
    where marker = 'pd_l1'
),

scores as (
    select * from {{ ref('hospital_pd_l1_scores') }}
),

judged as (
    select
        statements.*,
        scores.is_labelled,
        scores.score,
        scores.score_low,
        scores.score_low_open,
        scores.score_high,
        scores.score_high_open,
        coalesce(scores.is_impossible, false) and not statements.is_blank as is_impossible,
        {{ matches('own_text', not_evaluable()) }} as is_unread,
        {{ matches('own_text', doubt()) }} as is_doubtful,
        -- in a test that is named after another score the verdict stands before the words on TPS
        {{ matches("case when score_label <> '' then plain else own_text end", doubtful_verdict()) }} as has_doubtful_verdict,
        {{ matches('score_label || plain', ' (?:cps|ic) ') }} and not {{ matches('plain', ' tps ') }} as is_other_score,
        {{ matches('unnegated_text', positive()) }} as is_positive,
        {{ matches('unnegated_text', '¬') }} or {{ matches('own_text', '^§ *[(]?0[)]? *$') }} as is_negative
    from statements
    left join scores
        on statements.test_name = scores.test_name
        and statements.method = scores.method
        and statements.result_text = scores.result_text
),

settled as (
    select
        *,
        case
            when is_blank or is_impossible or {{ matches('own_text', '[?]') }} then null
            when has_doubtful_verdict and not is_negative then null
            when is_labelled then 'by_score'
            when is_unread then null
            when score_low is not null then 'by_score'
            when is_other_score then null
            when is_negative and not is_positive then 'negative'
            when is_doubtful then null
            when is_positive then 'positive'
        end as result
    from judged
)

select
    test_name,
    method,
    result_text,
    result,
    case when result = 'by_score' then score end as score,
    case when result = 'by_score' then score_low end as score_low,
    coalesce(result = 'by_score' and score_low_open, false) as score_low_open,
    case when result = 'by_score' then score_high end as score_high,
    coalesce(result = 'by_score' and score_high_open, false) as score_high_open,
    is_impossible,
    result is not null or is_blank or is_impossible or is_unread or is_doubtful or is_other_score or is_of_others as is_understood
from settled
