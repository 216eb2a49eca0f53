// French, written for French readers: no-break spaces before high punctuation, guillemets, decimal comma.
import type { Catalogue } from "./catalogue";

export const fr: Catalogue = {
  app: { brokenTitle: "Un problème est survenu dans cette fenêtre", brokenText: "Vos analyses sont intactes. Rechargez la fenêtre ; si cela se reproduit, ce message aidera à en trouver la cause :", reload: "Recharger", failed: "Le programme n’a pas pu démarrer", close: "Fermer", cancel: "Annuler", more: "Plus", dismiss: "Masquer", copied: "Copié", },
  nav: { label: "Principal", home: "Accueil", analysis: "Analyse", batch: "Série", cases: "Dossiers", models: "Modèles", settings: "Réglages", help: "Aide" },
  verdict: { notExamined: "Non examiné", noIndication: "Aucun indice relevé par les méthodes appliquées", inconclusive: "Non concluant", suspected: "Soupçon de manipulation" },
  short: { notExamined: "Non examiné", noIndication: "Aucun indice", inconclusive: "Non concluant", suspected: "Soupçon" },
  tally: { notExamined: "{{count, number}} non examinés", noIndication: "{{count, number}} sans indice", inconclusive: "{{count, number}} non concluants", suspected: "{{count, number}} avec soupçon", failed: "{{count, number}} en échec" },
  strength: { limited: "limité", moderate: "modéré", moderatelyStrong: "modérément fort" },
  reason: {
    noFace: "aucun visage n’a été trouvé", tooFewUsableFaces: "trop peu d’images exploitables du visage", tooSmall: "le visage est trop petit",
    blurred: "le visage est flou ou brouillé par le mouvement", overCompressed: "la compression a effacé les détails", turnedAway: "le visage est trop tourné",
    cutOff: "le visage est coupé par le bord de l’image", uncertainFace: "il n’est pas certain qu’il s’agisse d’un visage", betweenThresholds: "le score se situe entre les deux seuils",
    modelsDisagree: "les méthodes se contredisent", onlyBriefly: "seul un court passage ressort", notValidatedForThis: "les méthodes n’ont pas été validées sur ce type de fichier",
    validationTooSmall: "la validation est trop restreinte pour étayer une conclusion", damagedFile: "le fichier est endommagé et n’a pu être examiné qu’en partie",
    decodeFailed: "le fichier n’a pas pu être décodé", noDetector: "aucune méthode de détection n’a été appliquée", notStable: "le résultat a changé quand les images ont été recompressées ou réduites",
  },
  brief: {
    noFace: "pas de visage", tooFewUsableFaces: "trop peu d’images exploitables", tooSmall: "trop petit", blurred: "flou", overCompressed: "trop compressé", turnedAway: "trop tourné", cutOff: "coupé par le bord", uncertainFace: "peut-être pas un visage",
    betweenThresholds: "entre les deux seuils", modelsDisagree: "méthodes contradictoires", onlyBriefly: "court passage seulement", notValidatedForThis: "non validé pour ce type", validationTooSmall: "validation trop restreinte", damagedFile: "fichier endommagé", decodeFailed: "non décodé", noDetector: "aucune méthode appliquée", notStable: "instable",
  },
  itemError: {
    notFound: "introuvable", notReadable: "lecture impossible", unsupported: "ni une image ni une vidéo lisible", empty: "le fichier est vide", tooLarge: "dépasse les limites fixées", decodeFailed: "décodage impossible",
    noVideoStream: "ne contient pas d’image", setup: "un élément nécessaire au programme manque ou est défectueux", cancelled: "interrompu", internal: "défaut du programme",
  },
  error: {
    notFound: "L’élément n’existe plus.", notReadable: "La lecture est impossible.", unsupported: "Ce type de fichier n’est pas utilisable ici.", busy: "Un autre travail l’occupe encore. Réessayez dans un instant.", cancelled: "L’opération a été interrompue.",
    storage: "Impossible d’écrire dans la bibliothèque. Le volume est-il plein ou débranché ?", setup: "Un élément nécessaire au programme manque ou est défectueux.", invalid: "Cette valeur n’est pas utilisable.", internal: "C’est un défaut du programme.",
  },
  warning: {
    damaged: "le fichier est endommagé", animationFirstFrame: "seule la première image de l’animation a été examinée", deviceFallback: "calcul", facesDropped: "trop de visages, les plus grands ont été gardés", skipped: "laissé de côté",
    changedWhileReading: "le fichier a changé pendant la lecture", modelExpired: "un modèle a dépassé sa date de validité", decoderMessage: "message du décodeur", controlsFailed: "un calculateur qui se trompait sur des échantillons connus a été remplacé", note: "remarque",
  },
  stage: { listing: "Recherche des fichiers", hashing: "Lecture", probing: "Ouverture", analysing: "Examen", aggregating: "Synthèse", writing: "Écriture" },
  state: { waiting: "En attente", running: "En cours", paused: "En pause", done: "Terminé", failed: "Échec", cancelled: "Interrompu", skipped: "Déjà examiné" },
  people: {
    title: "Personnes", one: "Personne {{n}}", named_one: "personne {{names}}", named_other: "personnes {{names}}", none: "Aucun visage n’a été trouvé.", wait: "Les personnes apparaissent ici dès qu’un visage est trouvé.",
    usable_one: "{{usable, number}} sur {{count, number}} visage exploitable", usable_other: "{{usable, number}} sur {{count, number}} visages exploitables", score: "score {{score}}", examining: "Examen en cours",
    scale: "La courbe et le score donnent le score étalonné des détecteurs, de 0 à 1, d’autant plus élevé que le visage ressemble à des visages manipulés ; ce n’est pas la probabilité que le fichier ait été manipulé.",
    scaleLabel: "Comment lire le score", standsOut: "Ce qui ressort : {{ranges}}.", position: "Score {{score}}, dans la zone « {{band}} »",
  },
  statement: {
    separator: " ; ",
    support: "Pour la personne {{n}} ({{place}}), les observations apportent un soutien <1>{{strength}}</1> à l’hypothèse d’un visage altéré ou généré plutôt qu’à l’hypothèse contraire.",
    rangePlace: "de {{from}} à {{to}}, {{images}}", images_one: "{{count, number}} image exploitable", images_other: "{{count, number}} images exploitables",
    falseAlarms_one: "Lors de sa validation, la méthode {{model}} a produit {{count, number}} fausse alerte sur {{of, number}} échantillons réels.", falseAlarms_other: "Lors de sa validation, la méthode {{model}} a produit {{count, number}} fausses alertes sur {{of, number}} échantillons réels.",
    nothing: "Aucun indice des manipulations couvertes n’a été relevé. Ne rien trouver ne montre pas que rien n’a été fait.",
    nothingCounts: "Aucun indice des manipulations couvertes n’a été relevé. Parmi les manipulations de la validation, {{each}} ; ne rien trouver ne montre pas que rien n’a été fait.",
    foundOf: "{{model}} en a repéré {{hits, number}} sur {{of, number}}", about: "{{headline}} : {{people}}",
    betterCopy: "Une meilleure copie, idéalement le fichier d’origine issu de l’appareil, pourrait permettre l’examen.", covered: "Le fichier est endommagé : seul le passage de {{from}} à {{to}} a pu être examiné.", rangeOf: "de {{from}} à {{to}}", failed: "L’examen a échoué",
    limitsTitle: "Ce que cela ne dit pas", limitsShort: "Ne reconnaît que des manipulations proches de celles de ses tests. Ne dit rien du son, de la légende ni de la source.",
    limits: "Ce résultat décrit ce que les méthodes citées ont observé dans le fichier fourni. Il n’établit ni l’origine de l’enregistrement, ni son auteur, sa date ou son intention. Les méthodes ne reconnaissent que des types de manipulation proches de leurs données de validation ; une autre manipulation peut exister sans être détectée.",
    editorial: "Ne publiez pas ce résultat seul. Recoupez avec la source, le fichier d’origine, le contexte et la personne filmée ; un second examinateur doit refaire l’analyse.",
    running: "Examen en cours…", runningText: "Les observations s’affichent à mesure. La réponse ne vaut qu’une fois le tout examiné.", cancelled: "Interrompu", cancelledText: "Ce qui avait été vu jusque-là reste affiché ; ce n’est pas une réponse.", waiting: "En attente de son tour", waitingText: "L’examen commencera après les fichiers qui le précèdent.",
  },
  validation: {
    title: "Lors de la validation", real_one: "Sur <1>{{count, number}} échantillon réel</1>, <3>{{alarms, number}}</3> a été soupçonné à tort. ", real_other: "Sur <1>{{count, number}} échantillons réels</1>, <3>{{alarms, number}}</3> ont été soupçonnés à tort. ", fake: "Sur {{count, number}} manipulations, {{found, number}} ont été repérées.",
    dots: "{{count, number}} échantillons réels représentés par des points, dont {{alarms, number}} soupçonnés à tort", oneDot: "Un point en représente {{count, number}}.", details: "Ce qui a été compté",
  },
  home: {
    title: "Déposez une photo, une vidéo ou un dossier", text: "Rien ne quitte cet ordinateur. L’original est seulement lu, jamais modifié.", openFiles: "Ouvrir des fichiers…", openFolder: "Ouvrir un dossier…", meaning: "Ce que veut dire une réponse.",
    m1: "« Soupçon » signifie qu’un visage porte des traces du genre de celles sur lesquelles cet outil a été testé.", m2: "« Aucun indice » signifie seulement que ses méthodes n’ont rien trouvé ; ce qu’elles ne savent pas voir peut s’y trouver.", m3: "« Non concluant » est une réponse honnête, et souvent la bonne.",
    understood: "Compris", recent: "Récents", recentEmpty: "Ce que vous examinez apparaît ici.", recentOff: "Les analyses récentes ne sont pas conservées. Cela se change dans les réglages.", forgetRecent: "Les oublier", forgetRecentTitle: "Oublier les analyses récentes ?", forgetRecentText: "Les analyses qui ne sont dans aucun dossier sont effacées de cet ordinateur, images comprises. Vos fichiers restent tels quels.", forget: "Oublier",
    offline: "hors ligne", preparing: "préparation…", threads_one: "{{count, number}} fil", threads_other: "{{count, number}} fils", readyModels_one: "{{count, number}} méthode de détection vérifiée", readyModels_other: "{{count, number}} méthodes de détection vérifiées", system: "Cet ordinateur", methods: "Méthodes", computes: "Calcule sur", problem: "Aucun examen n’est possible pour l’instant", release: "Relâchez pour examiner", nothing: "Rien ici ne peut être examiné",
  },
  selection: {
    images_one: "{{count, number}} photo", images_other: "{{count, number}} photos", videos_one: "{{count, number}} vidéo", videos_other: "{{count, number}} vidéos", folders_one: "dans {{count, number}} dossier", folders_other: "dans {{count, number}} dossiers", more: "et davantage", moreNames_one: "et {{count, number}} autre", moreNames_other: "et {{count, number}} autres", nothing: "ni photo ni vidéo", skipped_one: "{{count, number}} fichier sera laissé de côté", skipped_other: "{{count, number}} fichiers seront laissés de côté",
    title: "Avant de commencer", take: "Seront examinés", start: "Commencer", none: "Aucun de ces fichiers ne peut être examiné.", caseLabel: "Ranger dans", noCase: "Aucun dossier",
    reason: { notMedia: "ni photo ni vidéo", unreadable: "lecture impossible", folderLoop: "un dossier qui se contient lui-même", empty: "vide", alreadyQueued: "déjà dans la série" },
  },
  analysis: {
    none: "Aucune analyse ouverte", noneText: "Déposez un fichier n’importe où dans cette fenêtre, ou ouvrez une analyse récente ou d’un dossier.", goHome: "Aller à l’accueil", stage: "Image", stageAlt: "Image à {{time}}", still: "La photo", noPicture: "L’image ne peut pas être affichée : le fichier n’est plus à sa place.", loading: "Ouverture de l’analyse…",
    note: "Note", addNote: "Ajouter une note", noteLabel: "Note sur cette analyse", noteHint: "Conservée avec l’analyse. Enregistrée au fil de la frappe.", saved: "Enregistré", saving: "Enregistrement…", notSaved: "Non enregistré", move: "Ranger dans un dossier", noCase: "Aucun dossier", newCase: "Nouveau dossier…", forget: "Oublier cette analyse…", forgetTitle: "Oublier cette analyse ?", forgetText: "L’analyse, sa note et ses images sont effacées de cet ordinateur. Votre fichier reste tel quel.",
    actions: "Actions", cancel: "Interrompre", left: "encore {{time}} environ", refineRunning: "Chaque image de ce passage est en cours d’examen…", refined: "Chaque image a été examinée {{ranges}}.", file: "Fichier", models: "Méthodes", examination: "Examen", warnings: "Remarques", side: "Résultat",
  },
  integrity: {
    checking: "Vérification que le fichier est resté le même…", unchanged: "Le fichier est le même que lors de l’examen.", changed: "Le fichier a changé depuis l’examen", changedText: "Le résultat décrit le fichier tel qu’il était. Ce qui se trouve maintenant à cette place est autre chose.", missing: "Le fichier n’est plus à sa place", missingText: "Le résultat demeure, mais aucune image ne peut être affichée. Si le fichier a été déplacé, indiquez où ; il n’est accepté que s’il est exactement le même.",
    unreadable: "Le fichier n’est plus lisible", unreadableText: "Le résultat demeure, mais aucune image ne peut être affichée.", locate: "Indiquer où il est…", notSame: "Ce fichier n’est pas le même.", again: "Vérifier encore", short: { checking: "en vérification", unchanged: "inchangé", changed: "modifié", missing: "absent", unreadable: "illisible" },
  },
  facts: {
    name: "Nom", hash: "SHA-256", copyHash: "Copier l’empreinte entière", size: "Taille", video: "Vidéo", image: "Photo", rotation: "Pivotée de", rotationValue: "{{count, number}} degrés", variable: "cadence variable", fps: "{{fps}} i/s", damaged: "Endommagé", yes: "oui", integrity: "Depuis", when: "Examiné", took: "Durée", on: "Sur", device: "{{device}}, {{threads}}", sampling: "Images", perSecond: "{{fps}} par seconde", everyFrame: "toutes", app: "Avec", expired: "date dépassée",
  },
  transport: { label: "Lecture", start: "Au début", back: "Une image en arrière", play: "Lire", pause: "Suspendre", forward: "Une image en avant", next: "Passage suspect suivant", noNext: "Rien ne ressort", frame: "image {{n}}", every: "Chaque image ici", fps: "{{fps}} i/s", follow: "Suivre l’examen" },
  timeline: {
    label: "Frise", position: "Position dans la vidéo", zoomIn: "Agrandir", zoomOut: "Réduire", fit: "Toute la vidéo", table: "En tableau", shot: "plan {{n}}", absent: "absent de l’image", notYet: "pas encore examiné", gap: "Rien d’exploitable : {{reasons}}", scroll: "Passage affiché", selected: "de {{from}} à {{to}}", zoomTo: "Agrandir", clear: "Effacer la sélection", caption: "Ce que montre chaque personne, passage par passage", person: "Personne", from: "De", to: "À", what: "Quoi",
    moreRows_one: "et {{count, number}} autre passage", moreRows_other: "et {{count, number}} autres passages", empty: "Les courbes apparaissent avec le premier visage.", summary_one: "Courbe de {{count, number}} personne. Le même contenu existe en tableau.", summary_other: "Courbes de {{count, number}} personnes. Le même contenu existe en tableau.", noPerson: "Personne à montrer",
  },
  batch: {
    empty: "La série est vide", emptyText: "Déposez un dossier ou plusieurs fichiers dans cette fenêtre. Ils sont examinés l’un après l’autre pendant que vous travaillez.", progress: "{{done, number}} sur {{total, number}} terminés", left: "encore {{time}} environ", paused: "En pause", allDone: "Tout est terminé", pause: "Suspendre", resume: "Reprendre", cancelAll: "Tout interrompre", cancel: "Interrompre", retry: "Réessayer", retryFailed_one: "Réessayer {{count, number}} échec", retryFailed_other: "Réessayer {{count, number}} échecs", remove: "Retirer", removeDone: "Retirer ce qui est terminé", export: "Exporter", csv: "Tableau (CSV)", jsonl: "JSON Lines", add: "Ajouter", addFiles: "Fichiers…", addFolder: "Dossier…",
    search: "Chercher un nom, un dossier", filters: "Ne montrer que", none: "Rien ne correspond.", clear: "Tout montrer", selected_one: "{{count, number}} choisi", selected_other: "{{count, number}} choisis", open: "Ouvrir", table: "Fichiers de la série", exported: "Écrit dans {{name}}", cancelTitle: "Interrompre tout ce qui reste ?", cancelText: "Les fichiers terminés gardent leur résultat. Les autres peuvent être ajoutés de nouveau à tout moment.", keep: "Continuer",
    columns: { name: "Nom", state: "État", verdict: "Réponse", score: "Score", people: "Personnes", length: "Durée", took: "Examen", note: "Remarque" }, before: "même fichier, déjà examiné", finished: "La série est terminée : {{summary}}.", show: "Voir", rowsShown_one: "{{count, number}} fichier affiché", rowsShown_other: "{{count, number}} fichiers affichés",
  },
  cases: {
    title: "Dossiers", new: "Nouveau dossier", newTitle: "Nouveau dossier", nameLabel: "Nom", create: "Créer", empty: "Aucun dossier pour l’instant", emptyText: "Un dossier réunit les analyses d’une même affaire, avec vos notes. Tout reste dans la bibliothèque de cet ordinateur.", pick: "Choisissez un dossier à gauche.", files_one: "{{count, number}} fichier", files_other: "{{count, number}} fichiers", noFiles: "Aucun fichier dans ce dossier", noFilesText: "Déposez des fichiers dans cette fenêtre pendant que le dossier est ouvert, ou ajoutez-les ici.", add: "Ajouter des fichiers…", notes: "Notes", notesHint: "Enregistrées au fil de la frappe.", rename: "Renommer…", renameTitle: "Renommer le dossier", renameButton: "Renommer", forget: "Oublier ce dossier…", forgetTitle: "Oublier « {{name}} » ?",
    forgetText_one: "Le dossier, ses notes et {{count, number}} analyse sont effacés de cet ordinateur, images comprises. Vos fichiers restent tels quels. C’est définitif.", forgetText_other: "Le dossier, ses notes et {{count, number}} analyses sont effacés de cet ordinateur, images comprises. Vos fichiers restent tels quels. C’est définitif.", forgetButton: "Oublier pour de bon", updated: "modifié {{when}}", created: "ouvert {{when}}", search: "Chercher dossiers, fichiers et notes", noHits: "Rien trouvé pour « {{text}} ».", hits: "Trouvés", hitCase: "Dossier", hitAnalysis: "Analyse", list: "Tous les dossiers", filesTitle: "Fichiers", takeOut: "Sortir du dossier", actions: "Actions sur ce dossier", fileActions: "Actions sur {{name}}",
  },
  models: {
    title: "Modèles", detectors: "Méthodes de détection", helpers: "Recherche des visages", import: "Importer un fichier…", importing: "Vérification du fichier…", imported: "{{name}} a été vérifié et ajouté.", pick: "Choisissez un modèle à gauche.", empty: "Aucun modèle installé", emptyText: "Sans méthode de détection, rien ne peut être examiné. Importez-en une depuis un fichier.", verified: "Empreinte vérifiée", hashMismatch: "Empreinte différente", broken: "Chargement impossible", expired: "Date dépassée",
    stateText: { verified: "Les poids sont exactement ceux que la fiche décrit.", hashMismatch: "Les poids ne sont pas ceux que la fiche décrit. Le modèle n’est pas utilisé.", broken: "Le modèle ne peut pas être chargé et n’est pas utilisé.", expired: "Les poids sont intacts, mais de nouveaux types de manipulation sont apparus depuis. Chaque résultat porte une remarque." },
    use: "Utiliser pour les nouveaux examens", useHint: "Au moins une méthode de détection reste choisie.", builtIn: "livré avec le programme", importedTag: "importé", task: { faceManipulation: "Visages échangés ou réanimés", faceSynthesis: "Visages dessinés par un générateur", faceDetection: "Trouve les visages", faceLandmarks: "Confirme et aligne les visages" },
    card: "Fiche", version: "Version", architecture: "Architecture", licence: "Licence", source: "Source", trained: "Entraîné", expires: "Valable jusqu’au", trainedOn: "Entraîné sur", notFor: "Pas fait pour", hash: "SHA-256", size: "Taille", thresholds: "Seuils", thresholdText: "soupçon à partir de {{suspected}}, aucun indice sous {{noIndication}}", validation: "Validation", figures: "Figures", noCounts: "Ce modèle n’apporte pas de décompte de sa validation : rien ne peut être dit de ses fausses alertes.",
    figure: { roc: "Repérés contre soupçonnés à tort", reliability: "Étalonnage du score", confusion: "Qui a été pris pour quoi", tiers: "Sur des copies de plus en plus dégradées", training: "Entraînement" }, noValidation: "Ce modèle ne se prononce pas sur une manipulation : il n’y a rien à valider ici.",
  },
  settings: {
    title: "Réglages", look: "Apparence", language: "Langue", theme: "Thème", system: "Comme le système", english: "English", french: "Français", dark: "Sombre", light: "Clair", contrast: "Contraste élevé", work: "Examen", device: "Calculer sur", auto: "Le plus rapide", cpu: "Processeur", cuda: "Carte graphique NVIDIA", metal: "Puce graphique Apple", inUse: "Utilisé en ce moment : {{device}}, {{threads}}", threads: "Fils de calcul", threadsAuto: "Automatique", threadsHint: "Cet ordinateur en a {{count, number}}. En utiliser moins laisse plus de place aux autres programmes.",
    sampling: "Images à examiner", fromCard: "Ce que les méthodes recommandent", perSecond: "Un nombre par seconde", everyFrame: "Chaque image (lent)", fps: "Images par seconde", finder: "Chercher les visages avec", mtcnn: "MTCNN (minutieux)", blazeface: "BlazeFace (rapide)", library: "Bibliothèque", history: "Garder les analyses récentes", historyHint: "Sinon, une analyse qui n’est dans aucun dossier est oubliée quand vous fermez la fenêtre.", folder: "Emplacement", change: "Déplacer…", folderHint: "Placez-la sur un volume chiffré si cet ordinateur risque d’être saisi.", forgetAll: "Tout oublier…", forgetAllTitle: "Tout oublier ?", forgetAllText: "Dossiers, analyses, notes et images sont effacés de cet ordinateur. Vos fichiers restent tels quels. C’est définitif.", forgetAllDone: "Tout a été oublié.", version: "FaceFiction {{version}}",
  },
  help: {
    tabs: "Sujets", ethics: "Éthique et limites", base: "Pourquoi un soupçon ne suffit pas", keys: "Touches", meaning: "Ce que veulent dire les mots",
    baseIntro: "Imaginez que 1 000 vidéos arrivent dans une rédaction, et que 50 d’entre elles soient manipulées.", baseA: "Une méthode repère 85 manipulations sur 100 et soupçonne à tort 5 vidéos réelles sur 100.", baseB: "Une autre ne soupçonne à tort que 1 vidéo réelle sur 100.", baseRead: "Elle soupçonne {{all, number}} vidéos : {{right, number}} sont manipulées, {{wrong, number}} sont réelles.", baseEnd: "Plus les manipulations sont rares, plus il y a de soupçons infondés, si bonne que soit la méthode. C’est pourquoi les fausses alertes passent ici en premier, et pourquoi un soupçon n’est que le début du travail.", baseFigure: "{{all, number}} vidéos soupçonnées, en points : {{right, number}} manipulées, {{wrong, number}} réelles", legendRight: "manipulées et repérées", legendWrong: "réelles et soupçonnées à tort",
    words: {
      suspected: "Le visage porte des traces du genre de celles sur lesquelles les méthodes ont été testées. La portée des observations est dite en mots : limitée, modérée, modérément forte. Des mots plus forts demanderaient une validation plus large que celle qui existe.",
      inconclusive: "Les méthodes ont travaillé, mais ce qu’elles ont vu ne permet pas de répondre : trop peu d’images du visage, images trop mauvaises, ou score entre les deux seuils. Le motif est toujours donné.",
      noIndication: "Les méthodes n’ont rien trouvé de ce qu’elles connaissent. Cela ne dit pas que l’enregistrement est tel qu’il a été tourné.",
      notExamined: "Il n’y avait rien à examiner : pas de visage, ou un fichier illisible.",
    },
    key: { play: "Lire ou suspendre", frame: "Une image en arrière ou en avant", second: "Une seconde en arrière ou en avant", next: "Passage suspect suivant", person: "Choisir la personne 1 à 9", open: "Ouvrir des fichiers", search: "Chercher", help: "Cette liste", zoom: "Agrandir ou réduire la frise", whole: "Afficher toute la vidéo", go: "Accueil, Analyse, Série, Dossiers, Modèles" }, space: "Espace",
  },
};
