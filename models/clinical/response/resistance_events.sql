-- rule 7: a progression while on an ALK-TKI or shortly after it, whichever ALK-TKI it is
with progressions as (
    select * from {{ ref('assessment_days') }}
    where response = 'PD'
),

alk_tki_eras as (
    select * from {{ ref('drug_eras') }}
    where drug_class = 'alk_tki'
)

select
    progressions.patient_id,
    progressions.assessed_on as resistance_on,
    count(*) as alk_tki_eras
from progressions
inner join alk_tki_eras
    on progressions.patient_id = alk_tki_eras.patient_id
    and progressions.assessed_on >= {{ add_days('alk_tki_eras.started_on', parameter('resistance_lag_days')) }}
    and progressions.assessed_on <= {{ add_days('alk_tki_eras.ended_on', parameter('resistance_grace_days')) }}
group by progressions.patient_id, progressions.assessed_on
