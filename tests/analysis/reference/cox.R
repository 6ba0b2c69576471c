# Cox regression: what r_survival.json has no values of. Rscript cox.R > cox.json
suppressMessages({library(survival); library(jsonlite)})

number <- function(x) signif(as.numeric(x), 13)
control <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100)
lung <- read.csv("lung.csv")
lung <- lung[!is.na(lung$ph.ecog) & !is.na(lung$inst), ]
lung$ev <- lung$status == 2
lung$female <- as.numeric(lung$sex == 2)
lung$entry <- ifelse(lung$id %% 3 == 0, 0, pmin(lung$time - 1, (lung$id * 7) %% 150))
lung$w <- 0.5 + (lung$id %% 7) / 4
lung$months <- ceiling(lung$time / 30.4375)
lung$entry_months <- ifelse(lung$id %% 3 == 0, 0, pmin(lung$months - 1, lung$id %% 5))
sample_spec <- paste("lung without missing ph.ecog or inst; female = sex == 2; entry = 0 where id %% 3 == 0, else min(time - 1, (id * 7) %% 150);",
                     "w = 0.5 + (id %% 7) / 4; months = ceiling(time / 30.4375); entry_months = 0 where id %% 3 == 0, else min(months - 1, id %% 5)")

coefficients <- function(fit) {
  s <- summary(fit)
  setNames(lapply(seq_along(coef(fit)), function(i) {
    row <- s$coefficients[i, ]; ci <- s$conf.int[i, ]
    out <- list(coef = number(row["coef"]), se = number(row["se(coef)"]), z = number(row["z"]), p = number(row["Pr(>|z|)"]),
                hr = number(ci["exp(coef)"]), hr_lower = number(ci["lower .95"]), hr_upper = number(ci["upper .95"]))
    if ("robust se" %in% names(row)) out$robust_se <- number(row["robust se"])
    out
  }), names(coef(fit)))
}

model <- function(fit) {
  s <- summary(fit)
  list(coefficients = coefficients(fit), n = fit$n, nevent = fit$nevent, loglik_null = number(fit$loglik[1]), loglik = number(fit$loglik[2]),
       covariance = lapply(seq_along(coef(fit)), function(i) number(fit$var[i, ])),
       lrt = list(stat = number(s$logtest["test"]), df = number(s$logtest["df"]), p = number(s$logtest["pvalue"])),
       wald = list(stat = number(fit$wald.test), p = number(pchisq(fit$wald.test, length(coef(fit)), lower.tail = FALSE))),
       score = list(stat = number(s$sctest["test"]), p = number(s$sctest["pvalue"])), concordance = number(fit$concordance["concordance"]))
}

hazards <- function(fit, transforms = c("km", "rank", "identity", "log")) {
  sapply(transforms, function(g) {
    table <- cox.zph(fit, transform = g, terms = FALSE)$table
    apply(table, 1, function(row) list(chisq = number(row["chisq"]), df = number(row["df"]), p = number(row["p"])), simplify = FALSE)
  }, simplify = FALSE)
}

quantities <- list()
add <- function(id, spec, r_call, values, dataset = "lung.csv", note = NULL) {
  entry <- list(id = id, dataset = dataset, spec = spec, r_call = r_call, values = values, rtol = 1e-6)
  if (!is.null(note)) entry$note <- note
  quantities[[length(quantities) + 1]] <<- entry
}
cox <- function(id, call, transforms = NULL) {
  fit <- eval(call)
  values <- model(fit)
  if (!is.null(transforms)) values$zph <- hazards(fit, transforms)
  add(id, sample_spec, paste(deparse(call, width.cutoff = 400), collapse = ""), values)
}

everything <- c("km", "rank", "identity", "log")
cox("lung.cox.entry", quote(coxph(Surv(entry, time, ev) ~ female + age, lung, control = control)), everything)
cox("lung.cox.entry.breslow", quote(coxph(Surv(entry, time, ev) ~ female + age, lung, ties = "breslow", control = control)), "km")
cox("lung.cox.entry.robust", quote(coxph(Surv(entry, time, ev) ~ female + age, lung, cluster = id, control = control)))
cox("lung.cox.entry.all", quote(coxph(Surv(entry, time, ev) ~ female + age + strata(ph.ecog), lung, weights = w, cluster = inst, control = control)), everything)
cox("lung.cox.weights", quote(coxph(Surv(time, ev) ~ female + age, lung, weights = w, robust = FALSE, control = control)), everything)
cox("lung.cox.weights.robust", quote(coxph(Surv(time, ev) ~ female + age, lung, weights = w, robust = TRUE, control = control)), "km")
cox("lung.cox.strata.zph", quote(coxph(Surv(time, ev) ~ female + age + strata(ph.ecog), lung, control = control)), everything)
cox("lung.cox.strata.many", quote(coxph(Surv(time, ev) ~ female + age + strata(inst), lung, control = control)), "km")
cox("lung.cox.ties.efron", quote(coxph(Surv(months, ev) ~ female + age, lung, control = control)), everything)
cox("lung.cox.ties.efron.robust", quote(coxph(Surv(months, ev) ~ female + age, lung, weights = w, cluster = inst, control = control)), "km")
cox("lung.cox.ties.breslow", quote(coxph(Surv(months, ev) ~ female + age, lung, ties = "breslow", control = control)), "km")
cox("lung.cox.ties.breslow.robust", quote(coxph(Surv(months, ev) ~ female + age, lung, ties = "breslow", weights = w, robust = TRUE, control = control)))
cox("lung.cox.ties.exact", quote(coxph(Surv(months, ev) ~ female + age + strata(ph.ecog), lung, ties = "exact", control = control)))
cox("lung.cox.ties.entry", quote(coxph(Surv(entry_months, months, ev) ~ female + age, lung, weights = w, cluster = inst, control = control)), everything)
fit <- coxph(Surv(entry, time, ev) ~ female + age, lung, ties = "exact", control = control)  # a plain list in survival 3.5.3
add("lung.cox.entry.exact", sample_spec, "coxph(Surv(entry, time, ev) ~ female + age, ties = \"exact\")",
    list(coef = number(fit$coefficients), covariance = lapply(1:2, function(i) number(fit$var[i, ])), loglik = number(fit$loglik),
         score = number(fit$score)))

# exposure that begins during follow-up
begins <- ifelse(!is.na(lung$ph.karno) & lung$ph.karno >= 80, 3 * lung$age - 60, NA)
begins[lung$id %% 11 == 0] <- 0
lung$begins <- begins
patients <- lung[, c("id", "time", "ev", "age", "begins")]
split <- tmerge(patients, patients, id = id, death = event(time, ev))
split <- tmerge(split, patients[!is.na(patients$begins), ], id = id, exposed = tdc(begins))
rows <- list(rows = nrow(split), exposed_rows = sum(split$exposed), tstart = sum(split$tstart), tstop = sum(split$tstop), deaths_exposed = sum(split$death * split$exposed))
varying <- coxph(Surv(tstart, tstop, death) ~ exposed + age, split, cluster = id, control = control)
add("lung.cox.time_varying", paste(sample_spec, "; exposed from day 3 * age - 60 where ph.karno >= 80, from day 0 where id %% 11 == 0, else never; rows by tmerge"),
    "coxph(Surv(tstart, tstop, death) ~ exposed + age, cluster = id)", c(list(split = rows), model(varying), list(zph = hazards(varying, "km"))))

# interaction with three levels, adjusted
three <- lung[lung$ph.ecog < 3, ]
full <- coxph(Surv(time, ev) ~ female * factor(ph.ecog) + age, three, control = control)
additive <- coxph(Surv(time, ev) ~ female + factor(ph.ecog) + age, three, control = control)
within <- lapply(0:2, function(k) {
  contrast <- numeric(length(coef(full))); contrast[1] <- 1
  if (k > 0) contrast[which(names(coef(full)) == paste0("female:factor(ph.ecog)", k))] <- 1
  estimate <- sum(contrast * coef(full)); se <- sqrt(drop(contrast %*% vcov(full) %*% contrast)); z <- qnorm(0.975)
  list(hr = number(exp(estimate)), lower = number(exp(estimate - z * se)), upper = number(exp(estimate + z * se)))
})
products <- grep("female:", names(coef(full)))
statistic <- drop(coef(full)[products] %*% solve(vcov(full)[products, products]) %*% coef(full)[products])
ratio <- anova(additive, full)
add("lung.cox.interaction.three", paste(sample_spec, "; ph.ecog < 3; hazard ratio of female within each ph.ecog from the one model"),
    "coxph(Surv(time, ev) ~ female * factor(ph.ecog) + age)",
    list(model = model(full), additive = model(additive), within = within,
         wald = list(stat = number(statistic), df = 2, p = number(pchisq(statistic, 2, lower.tail = FALSE))),
         lrt = list(stat = number(ratio$Chisq[2]), df = 2, p = number(ratio[["Pr(>|Chi|)"]][2]))))

# ridge
for (theta in c(1, 20)) {
  fit <- coxph(Surv(time, ev) ~ ridge(female, age, ph.ecog, theta = theta, scale = FALSE), lung,
               control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 200, outer.max = 200))
  add(paste0("lung.ridge.theta", theta), sample_spec, paste0("coxph(Surv(time, ev) ~ ridge(female, age, ph.ecog, theta = ", theta, ", scale = FALSE))"),
      list(coef = number(coef(fit)), se = number(sqrt(diag(fit$var))), loglik = number(fit$loglik), df = number(sum(fit$df))))
}

cat(toJSON(list(generated_by = "cox.R", R = R.version.string, packages = list(survival = as.character(packageVersion("survival"))),
                convention = list(na = "null = NA", cox = "coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100)"),
                quantities = quantities), auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = 1), "\n")
