-- what a hospital's exports can say: all of it
select
    capability,
    true as is_available
from (
    values
    ('calendar_dates'),
    ('age'),
    ('pd_l1_status'),
    ('pd_l1_score'),
    ('re_biopsy_reason'),
    ('follow_up_contacts'),
    ('response_grade')
) as capabilities (capability)
