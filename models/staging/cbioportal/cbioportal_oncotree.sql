-- OncoTree's lung cancers
select
    oncotree_code,
    histology_class
from (
    values
    ('LUAD', 'adenocarcinoma'),
    ('LAIS', 'adenocarcinoma'),
    ('LIAD', 'adenocarcinoma'),
    ('LUSC', 'squamous'),
    ('BLCLC', 'squamous'),
    ('LUAS', 'adenosquamous'),
    ('LCLC', 'large_cell'),
    ('RLCLC', 'large_cell'),
    ('LECLC', 'large_cell'),
    ('LUNE', 'neuroendocrine'),
    ('LNET', 'neuroendocrine'),
    ('LUCA', 'neuroendocrine'),
    ('ALUCA', 'neuroendocrine'),
    ('LUPC', 'sarcomatoid'),
    ('SARCL', 'sarcomatoid'),
    ('SPCC', 'sarcomatoid'),
    ('GCLC', 'sarcomatoid'),
    ('SCLC', 'small_cell'),
    ('CSCLC', 'small_cell'),
    ('NSCLC', 'nsclc_nos'),
    ('NSCLCPD', 'nsclc_nos'),
    ('LUACC', 'other'),
    ('LUMEC', 'other'),
    ('SGTTL', 'other'),
    ('NUTCL', 'other')
) as lung_cancers (oncotree_code, histology_class)
