# Reference values of curves, log-rank tests and their kin that r_survival.json lacks. Rscript curves.R > curves.json, in this folder.
suppressMessages({library(survival); library(coin); library(boot); library(jsonlite)})
lung <- read.csv("lung.csv"); lung$ev <- as.integer(lung$status == 2)
ovarian <- read.csv("ovarian.csv")
quantities <- list()
add <- function(id, dataset, spec, r_call, values, rtol = 1e-6)
  quantities[[length(quantities) + 1]] <<- list(id = id, dataset = dataset, spec = spec, r_call = r_call, values = values, rtol = rtol)
three <- function(fit) {
  q <- quantile(fit, c(.25, .5, .75))
  lapply(list(estimate = q$quantile, lower = q$lower, upper = q$upper), function(v) setNames(as.list(unname(v)), c("q25", "q50", "q75")))
}
at <- function(fit, times) {
  s <- summary(fit, times = times)
  lapply(seq_along(times), function(i) list(time = times[i], n_risk = s$n.risk[i], surv = s$surv[i], se = s$std.err[i], lower = s$lower[i], upper = s$upper[i]))
}

# weights that are not whole: R's standard error is then the robust one
lung$w <- round(0.5 + (lung$age %% 7) / 4, 2)
fit <- survfit(Surv(time, ev) ~ 1, data = lung, weights = w, conf.type = "log-log")
add("lung.km.weighted", "lung.csv", "weights = round(0.5 + (age %% 7) / 4, 2)", "survfit(Surv(time, ev) ~ 1, weights = w, conf.type = 'log-log')",
    list(quantiles = three(fit), at = at(fit, c(90, 180, 365, 730))))

# delayed entry of every other patient
late <- function(data) ifelse(data$age %% 2 == 0, 0, pmax(0, pmin((data$age * 13) %% 200, data$time - 1)))
lung$entry <- late(lung)
fit <- survfit(Surv(entry, time, ev) ~ 1, data = lung, conf.type = "log-log")
add("lung.km.entry", "lung.csv", "entry = 0 where age is even, else max(0, min((age * 13) %% 200, time - 1))", "survfit(Surv(entry, time, ev) ~ 1, conf.type = 'log-log')",
    list(quantiles = three(fit), at = at(fit, c(90, 180, 365, 730))))
fit <- survfit(Surv(entry, time, ev) ~ 1, data = lung, weights = w, conf.type = "log-log")
add("lung.km.entry.weighted", "lung.csv", "entry and weights as above", "survfit(Surv(entry, time, ev) ~ 1, weights = w, conf.type = 'log-log')",
    list(at = at(fit, c(90, 180, 365, 730))))

# log-rank with delayed entry, and Mantel and Byar's with a group that changes: times without ties, where coxph's score test is the same
untied <- lung[!duplicated(lung$time), ]
score <- function(fit) list(chisq = unname(fit$score), p = pchisq(unname(fit$score), 1, lower.tail = FALSE))
entered <- untied; entered$entry <- late(entered)
add("lung.logrank.entry", "lung.csv", "first row of each time only; entry as above; groups sex", "coxph(Surv(entry, time, ev) ~ sex)$score",
    score(coxph(Surv(entry, time, ev) ~ sex, data = entered)))
untied$switch <- (untied$age * 7) %% 300 + 0.5
rows <- do.call(rbind, lapply(seq_len(nrow(untied)), function(i) {
  r <- untied[i, ]
  if (r$switch >= r$time) data.frame(entry = 0, time = r$time, ev = r$ev, on = 0)
  else data.frame(entry = c(0, r$switch), time = c(r$switch, r$time), ev = c(0, r$ev), on = c(0, 1))
}))
add("lung.mantel_byar", "lung.csv", "first row of each time only; the group becomes 1 at (age * 7) %% 300 + 0.5", "coxph(Surv(entry, time, ev) ~ on)$score",
    score(coxph(Surv(entry, time, ev) ~ on, data = rows)))

# pair by pair
known <- lung[!is.na(lung$ph.ecog) & lung$ph.ecog < 3, ]
p <- apply(combn(0:2, 2), 2, function(two) { s <- survdiff(Surv(time, ev) ~ ph.ecog, data = known[known$ph.ecog %in% two, ]); pchisq(s$chisq, 1, lower.tail = FALSE) })
add("lung.logrank.pairwise.ecog", "lung.csv", "ph.ecog 0, 1, 2: 0-1, 0-2, 1-2", "p.adjust(p, method)",
    list(p = p, holm = p.adjust(p, "holm"), bonferroni = p.adjust(p, "bonferroni"), `benjamini-hochberg` = p.adjust(p, "BH")))
s <- survdiff(Surv(time, ev) ~ ph.ecog + strata(sex), data = known, rho = 1)
add("lung.logrank.ecog.strat_sex.rho1", "lung.csv", "ph.ecog 0, 1, 2; strata sex; rho 1", "survdiff(Surv(time, ev) ~ ph.ecog + strata(sex), rho = 1)",
    list(chisq = s$chisq, df = 2, p = pchisq(s$chisq, 2, lower.tail = FALSE), obs = rowSums(s$obs), exp = rowSums(s$exp)))
fit <- coxph(Surv(time, ev) ~ ph.ecog + strata(sex), data = known, ties = "breslow")
add("lung.logrank.trend.strat_sex", "lung.csv", "ph.ecog 0, 1, 2; strata sex", "coxph(Surv(time, ev) ~ ph.ecog + strata(sex), ties = 'breslow')$score", score(fit))

# permutation with ties: times in steps of 100 days
tied <- ovarian; tied$futime <- ceiling(tied$futime / 100); tied$rx <- factor(tied$rx)
t <- logrank_test(Surv(futime, fustat) ~ rx, data = tied, distribution = "exact")
add("ovarian.permutation.tied", "ovarian.csv", "time = ceiling(futime / 100); mid-ranks", "coin::logrank_test(Surv(time, fustat) ~ rx, distribution = 'exact')",
    list(z = unname(statistic(t)), p_exact = pvalue(t)[1], scores = -logrank_trafo(Surv(tied$futime, tied$fustat))))
uneven <- head(ovarian[order(ovarian$age), ], 17); uneven$old <- factor(as.integer(seq_len(17) > 12))
t <- logrank_test(Surv(futime, fustat) ~ old, data = uneven, distribution = "exact")
add("ovarian.permutation.uneven", "ovarian.csv", "the 17 youngest; groups: the 12 youngest, the other 5", "coin::logrank_test(Surv(futime, fustat) ~ old, distribution = 'exact')",
    list(z = unname(statistic(t)), p_exact = pvalue(t)[1]))

# bootstrap: limits from given replicates (the draws themselves can't be the same in two languages)
ages <- head(lung$age, 30); arms <- rep(1:2, c(12, 18)); arms[c(3, 20)] <- c(2, 1)
replicates <- 60 + 8 * qnorm((1:199) / 200) + (1:199) %% 7 / 10
stat <- function(data, i) { g <- arms[i]; mean(data[i][g == 1]) / mean(data[i][g == 2]) * 60 }
made <- boot(ages, stat, R = 199, strata = arms)
L <- empinf(made, type = "jack")
made$t <- matrix(replicates, ncol = 1)
add("lung.boot.limits", "lung.csv", "first 30 ages; arms 1 for rows 1-12 but row 3, and row 20, else 2; 60 * ratio of mean ages; replicates 60 + 8 * qnorm(i / 200) + i %% 7 / 10, i = 1..199",
    "boot.ci(type = c('perc', 'bca'), L = empinf(type = 'jack'))",
    list(value = made$t0, influence = L,
         perc = boot.ci(made, type = "perc")$percent[4:5], bca = boot.ci(made, type = "bca", L = L)$bca[4:5], bca90 = boot.ci(made, conf = .9, type = "bca", L = L)$bca[4:5]))

# planning
z <- qnorm(.975)
add("planning.schoenfeld", "", "events 120, share 0.4, level 0.95, power 0.8; power at 0.6; events for 0.7 at 0.5", "see curves.R",
    list(below = exp(-(z + qnorm(.8)) / sqrt(120 * .4 * .6)), above = exp((z + qnorm(.8)) / sqrt(120 * .4 * .6)),
         power = pnorm(sqrt(120 * .4 * .6) * abs(log(.6)) - z), events = ceiling(((z + qnorm(.8)) / log(.7))^2 / .25)))

cat(toJSON(list(generated_by = "curves.R", R = R.version.string, packages = c(survival = "3.5.3", coin = as.character(packageVersion("coin")), boot = as.character(packageVersion("boot"))),
                quantities = quantities), auto_unbox = TRUE, digits = NA, na = "null", null = "null", pretty = TRUE))
