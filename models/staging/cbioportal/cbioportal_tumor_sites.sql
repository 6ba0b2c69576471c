-- what a site that a radiology report names means for a lung cancer. Distant are the organs of M1: beyond the lung and its
-- nodes. A tumour in the lung may be the primary, nodes are no distant metastasis (rule 3), and `Other` names no place
-- (chest wall and mediastinum as well as skin): these three show the patient alive and nothing more.
select
    tumor_site,
    icd10_code
from (
    values
    ('adrenal glands', 'C79.7'),
    ('bone', 'C79.5'),
    ('cns/brain', 'C79.3'),
    ('intra-abdominal', 'C78.8'),
    ('liver', 'C78.7'),
    ('pleura', 'C78.2'),
    ('reproductive organs', 'C79.8'),
    ('lung', null),
    ('lymph nodes', null),
    ('other', null)
) as sites (tumor_site, icd10_code)
